"""What gbvkg costs, measured as whole processes and as ratios against a named peer in the same run."""
