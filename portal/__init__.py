"""The Kent and Medway fostering framework portal: one package per feature above a small core."""
