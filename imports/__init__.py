"""History that other programs wrote: CSV files in, an account of their own out."""
