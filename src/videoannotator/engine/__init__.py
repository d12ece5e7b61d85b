"""Plans and runs pipelines over one recording: decode once, feed all, collect, write."""
