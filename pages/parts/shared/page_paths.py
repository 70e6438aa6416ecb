"""The pages in the address. The gate needs nothing else of them, so that it listens before they are imported."""

PATHS = ("", "models", "compare", "tradeoff", "runs", "review", "report")  # the first page's is empty
