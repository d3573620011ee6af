def register_all_modules(init_default_scope: bool = True) -> None:
    """Prepare for ``mmengine.hub.get_model``, which calls this by its name.

    The registries import their modules when one of them is first named.

    Args:
        init_default_scope (bool): Whether ``mmfermtl`` becomes the default
            scope. Defaults to True.
    """
    from .safe_loading import secure_mmengine_loading
    secure_mmengine_loading()
    if init_default_scope:
        from mmengine.registry import init_default_scope as set_scope
        set_scope('mmfermtl')
