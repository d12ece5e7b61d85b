"""Benchmarks: figures beside their targets. Run with: python -m benchmarks [NAME …]."""
