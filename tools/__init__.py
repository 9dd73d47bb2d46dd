"""Small programs for whoever works on Kilotill."""
