"""gbvkg: action fiches in, validated and versioned linked open data out."""

__version__ = "0.1.0"
