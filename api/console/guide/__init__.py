"""The guide in the product: a page per kind of user, of what stands where, what to do first, and what words mean."""
