"""Files that providers upload: checking, scanning, keeping and handing them out."""
