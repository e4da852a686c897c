"""Watches the other processes from outside, and tells when one is gone and when it is back."""
