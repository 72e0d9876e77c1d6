"""Finding a child a home: search among fresh vacancies."""
