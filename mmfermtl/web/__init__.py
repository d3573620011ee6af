"""The private page: expressions read and edited in the browser, offline.

The page is a folder of files; nothing here needs PyTorch.
"""
