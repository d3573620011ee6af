# An identity network that has nothing to do with this project: the one of dlib
# and face-api. `tools/model_converters/faceapi_to_mmfermtl.py` makes the file
# of its weights, which --embedder-checkpoint names.
model = dict(
    type='mmfermtl.FileEmbedder',
    network=dict(type='mmfermtl.FaceApiResNet'),
    size=150,
    # Of red, green and blue.
    mean=[122.782, 117.001, 104.298],
    std=256.)
