"""What is neither market nor gateway: which build of the two runs (`build`)."""
