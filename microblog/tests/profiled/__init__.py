"""The site with silk, in a process of its own: silk changes Django's SQL compiler."""
