"""What is left for the web app's Result page: everything that it shows, in pieces that it can fetch as it goes."""
