"""`python -m helmert` is the command line."""

from helmert.cli.main import run

if __name__ == "__main__":
    run()
