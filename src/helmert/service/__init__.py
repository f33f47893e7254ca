"""What Helmert serves over HTTP. May import `commands` and every room below it."""
