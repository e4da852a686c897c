"""Charts as PNG pictures, in the page's look, for where no browser draws them."""
