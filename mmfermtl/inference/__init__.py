"""Read and edit the faces of pictures, without PyTorch where possible."""
