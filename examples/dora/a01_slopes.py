# Dora handed the notebook in as it came: no cell is changed.
