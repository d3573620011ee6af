# The paper's network for datasets of the six basic expressions.
_base_ = './fermtl_fersnet.py'
num_classes = 6
model = dict(
    network=dict(
        head=dict(num_classes=num_classes),
        generator=dict(num_classes=num_classes)),
    discriminator=dict(num_classes=num_classes))
