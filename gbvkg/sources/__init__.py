"""Sources: YAML, tables and Turtle become statements that know their place."""
