"""Provider organisations: Ofsted's register, registration, verification."""
