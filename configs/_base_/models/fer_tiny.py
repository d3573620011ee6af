# Recognition alone, with the recogniser of fermtl_tiny.py.
model = dict(
    type='mmfermtl.FERMTL',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=48),
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        channels_last=True,
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone',
            arch='tiny',
            in_channels=1,
            branches='fer',
            sharing=None),
        head=dict(
            type='mmfermtl.FERHead',
            in_channels=256,
            num_classes=7,
            dropout=0.5,
            loss=dict(type='mmfermtl.CrossEntropyLoss', label_smoothing=0.1)),
        generator=None))
