# What the face recognition network of face-api as recogniser changes in a
# network `tiny` for 48 px: the configs of ../face_api take it from here.
image_size = 96
face_api_channels = 256
face_api_backbone = dict(
    type='mmfermtl.DualBackbone',
    branch=dict(type='mmfermtl.FaceApiResNet', num_stages=5),
    branches='fer',
    sharing=None,
    mean=[122.782, 117.001, 104.298],
    std=[256., 256., 256.])
face_api_generator = dict(
    in_channels=256,
    channels=(128, 96, 64, 32, 16),
    skip_channels=(128, 64, 32, 32))
