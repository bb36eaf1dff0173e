"""pyplot, with its fonts found: imported ahead for submissions that draw, or every child would look for fonts again."""

import matplotlib.pyplot as plt

plt.figure().canvas.draw()
plt.close("all")
