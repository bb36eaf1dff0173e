"""One answer judged: driven, compared with what is right, and reported on."""
