"""The site with silk, in its own process: silk changes Django's SQL compiler."""
