"""See `pictures`."""

from tools.figures.pictures import main

main()
