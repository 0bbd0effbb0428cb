"""All that the tests know of a framework by name: its settings, and how to break its file."""

from backproof.ports.specs import BUILT_IN

FRAMEWORKS = {name: b.framework for name, b in BUILT_IN.items() if b.framework is not None}
PYTHON = [name for name, built_in in BUILT_IN.items() if built_in.is_python]
# A backend that needs no framework, and so is always there.
REFERENCE = next(name for name in PYTHON if name not in FRAMEWORKS)

# What a framework lets its user set for a whole process: expressions, evaluated after an import.
SETTINGS = {
    "plain-python": [],
    "numpy": ["numpy.geterr()", "numpy.random.get_state()", "numpy.get_printoptions()"],
    "torch": [
        "torch.get_default_dtype()",
        "torch.get_default_device()",
        "torch.is_grad_enabled()",
        "torch.get_num_threads()",
        "torch.get_rng_state().tolist()",
        "torch.are_deterministic_algorithms_enabled()",
        "torch.get_float32_matmul_precision()",
    ],
    "jax": ["jax.config.values", "jax.config.jax_enable_x64"],
    "mlx": [
        "__import__('mlx.core').core.default_device()",
        "__import__('mlx.core').core.default_stream(__import__('mlx.core').core.cpu)",
        "__import__('mlx.core').core.random.state",
    ],
    "array-api": ["array_api_strict.get_array_api_strict_flags()"],
}

# Of each implementation, text that makes ∂E/∂w7 (W2[1][0]) come out doubled, and nothing else.
BREAK_W7 = {
    "plain_python.py": ("dE_dw7 += delta_y2 * out_h1", "dE_dw7 += 2 * delta_y2 * out_h1"),
    "numpy_backend.py": (
        "delta_y.T @ out_h,",
        "delta_y.T @ out_h * np.array([[1, 1], [2, 1]], X.dtype),",
    ),
    # The value of W2 stays 2 W2 − W2; only its derivative sees the factor.
    "torch_backend.py": (
        "    _, _, _, out_y = forward(params, X)",
        """\
    W1, b1, W2, b2 = params
    factor = torch.tensor([[1, 1], [2, 1]], dtype=W2.dtype)
    W2 = factor * W2 - ((factor - 1) * W2).detach()
    _, _, _, out_y = forward((W1, b1, W2, b2), X)""",
    ),
    "mlx_backend.py": (
        "    _, _, _, out_y = forward(params, X)",
        """\
    W1, b1, W2, b2 = params
    factor = mx.array([[1, 1], [2, 1]], W2.dtype)
    W2 = factor * W2 - mx.stop_gradient((factor - 1) * W2)
    _, _, _, out_y = forward((W1, b1, W2, b2), X)""",
    ),
    "array_api_backend.py": (
        "xp.matrix_transpose(delta_y) @ out_h",
        "xp.matrix_transpose(delta_y) @ out_h * xp.asarray([[1, 1], [2, 1]], dtype=X.dtype)",
    ),
    "jax_backend.py": (
        "    _, _, _, out_y = forward(params, X)",
        """\
    W1, b1, W2, b2 = params
    factor = jnp.array([[1, 1], [2, 1]], W2.dtype)
    W2 = factor * W2 - lax.stop_gradient((factor - 1) * W2)
    _, _, _, out_y = forward((W1, b1, W2, b2), X)""",
    ),
}

# Namespaces for the array API's formulas: the module of each, and the dtypes that it has by default
# and computes in. JAX has float64 if told so for the whole process, and the exponential of MLX is
# one of float32 even there.
NAMESPACES = {
    "array-api-strict": ("array_api_strict", ("float64", "float32")),
    "numpy": ("numpy", ("float64", "float32")),
    "torch": ("array_api_compat.torch", ("float64", "float32")),
    "jax": ("jax.numpy", ("float32",)),
    "mlx": ("mlx.core", ("float32",)),
}
