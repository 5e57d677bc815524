"""What happens to data set versions and to the imports from which they come."""
