from backproof.testing import parametrize_with_vectors

from backproof_port_name import Port


@parametrize_with_vectors(Port)
def test_conforms(check):
    check()
