"""The story that `make demo` tells: a model of index ranges meets the year 2008."""
