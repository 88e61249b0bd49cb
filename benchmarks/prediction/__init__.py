"""How good the predicted dates are: prospective, on simulated orders under laws that the model does not know."""
