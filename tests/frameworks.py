"""All that the tests know of a framework by name: its settings, and how to break its file."""

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
    "jax_backend.py": (
        "    _, _, _, out_y = forward(params, X)",
        """\
    W1, b1, W2, b2 = params
    factor = jnp.array([[1, 1], [2, 1]], W2.dtype)
    W2 = factor * W2 - lax.stop_gradient((factor - 1) * W2)
    _, _, _, out_y = forward((W1, b1, W2, b2), X)""",
    ),
}
