"""A whole table, folder or archive labelled by a finished run, row by row, within constant memory."""
