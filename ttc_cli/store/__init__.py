"""What is kept between runs: speeds, the sample pool. Anything unreadable counts as absent."""
