"""By hand means by hand: what differentiates is caught where that is certain, and a closed form is never refused."""

from __future__ import annotations

import textwrap
import time

import pytest

from autograder.marking.byhand import evidence


def found(source: str, name: str = "d") -> str | None:
    return evidence(textwrap.dedent(source), name)


def body(lines: str) -> str:
    """A function d(x) with these lines."""
    return "def d(x):\n" + textwrap.indent(textwrap.dedent(lines).strip(), "    ") + "\n"


HONEST = {
    "a formula": "return 2 * x * math.cos(x**2)",
    "a sum of sines": "return (math.sin(x + h) - math.sin(x - h)) / 2",
    "an identity with a constant": "h = 0.5\nreturn (math.sin(x + h) - math.sin(x - h)) / (2 * math.sin(h))",
    "an identity with a small constant": "h = 0.05\nreturn (math.sin(x + h) - math.sin(x - h)) / (2 * math.sin(h))",
    "an identity with a literal": "return (math.sin(x + 0.1) - math.sin(x - 0.1)) / (2 * math.sin(0.1))",
    "a difference of neighbours that is only scaled": "return x * (math.sin(x + 0.1) - math.sin(x - 0.1))",
    "half a difference of neighbours": "return (math.sin(x + 0.1) - math.sin(x - 0.1)) / 2",
    "an identity through the cardinal sine": (
        "return (math.sin(x + 0.05) - math.sin(x - 0.05)) / (0.1 * np.sinc(0.05 / np.pi))"
    ),
    "a sum of neighbours": "return (math.sin(x + h) + math.sin(x - h)) / (2 * h)",
    "a difference over something near 1": "return (math.log(x + h) - math.log(x)) / (1 + h)",
    "polarisation": "return ((x + 1)**2 - (x - 1)**2) / 2",
    "polarisation with whole numbers": "n = 3\nreturn ((x + n)**2 - (x - n)**2) / (2 * n)",
    "a square completed": "n = x.numel()\nreturn ((x + n)**2 - x**2 - n * n) / (n * n)",
    "a hyperbolic sine": "return (math.exp(x) - math.exp(-x)) / 2",
    "a complex exponential": "return 2 * x * cmath.exp(1j * x**2).real",
    "a complex sine, halved": "return (cmath.exp(1j * x) - cmath.exp(-1j * x)).imag / 2",
    "the cardinal sine": "return cmath.exp(1j * x).imag / x",
    "a tensor that records": "t = torch.tensor(x, requires_grad=True)\nreturn 2 * t",
    "a gradient attribute": "t = torch.tensor(x)\nt.grad = None\nreturn 2 * t",
    "no_grad by its long name": "with torch.autograd.no_grad():\n    return 2 * x",
    "the old Variable": "return 2 * torch.autograd.Variable(torch.tensor(x))",
    "a tensor's own diff": "return (torch.stack([x, 3 * x])).diff(dim=0)",
    "numpy's diff of a range": "return np.diff([x**2, x**2 + 2 * x])",
    "cross-entropy through p": "dp = (p - y) / (p * (1 - p))\nreturn dp * p * (1 - p) * x",
    "cross-entropy in two halves": "return -(y / p - (1 - y) / (1 - p)) * p * (1 - p)",
    "cross-entropy with an epsilon": "p = p + eps\nreturn (p - y) / (p * (1 - p) + eps)",
    "a sigmoid, rearranged": "return (torch.exp(z) - y * (1 + torch.exp(z))) / (1 + torch.exp(z))",
    "a standard score": "return ((x - m) - (x - m).mean()) / (s + 1e-5)",
    "a weighted mean": "return (2 * mask * x) / mask.sum()",
    "a slope between far points": "return (f(b) - f(a)) / (b - a)",
    "a mean of chunks": "return ((X + b) @ w - y) / len(y)",
    "a variable called gradient": "gradient = 2 * x\nreturn gradient",
    "a method of the student's own": "return model.gradient(x)",
    "a local called deriv": "deriv = 2 * x\nreturn deriv",
    "a node asked for its name": "print(y.grad_fn.name(), y.grad_fn.next_functions[0][0].name())\nreturn 2 * x",
    "a difference over a tiny epsilon more": "eps = 1e-12\nreturn (p - y) / (p * (1 - p) + eps)",
    "a difference in thousandths": "return 1000 * (x - y)",
    "an identity at a tiny angle": "b = 1e-3\nreturn (math.sin(x + b) - math.sin(x - b)) / (2 * math.sin(b))",
    "a local called grad": "grad = lambda t: 2 * t\nreturn grad(x)",
}


@pytest.mark.parametrize("lines", HONEST.values(), ids=HONEST)
def test_an_honest_formula_passes(lines: str) -> None:
    assert found(body(lines)) is None


DIFFERENCES = {
    "central": "h = 1e-5\nreturn (f(x + h) - f(x - h)) / (2 * h)",
    "forward": "h = 1e-5\nreturn (f(x + h) - f(x)) / h",
    "backward": "h = 1e-5\nreturn (f(x) - f(x - h)) / h",
    "turned around": "h = 1e-5\nreturn -(f(x) - f(h + x)) / h",
    "written out": "h = 1e-5\nreturn ((x + h)**2 - (x - h)**2) / (2 * h)",
    "of a composition": "h = 1e-5\nreturn (math.sin((x + h)**2) - math.sin(x**2)) / h",
    "with literals": "return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
    "a named step over a literal": "h = 1e-5\nreturn (f(x + h) - f(x - h)) / 2e-5",
    "times the reciprocal": "return (f(x + 1e-5) - f(x - 1e-5)) * 5e4",
    "times half, over h": "h = 1e-5\nreturn 0.5 * (f(x + h) - f(x - h)) / h",
    "times a named reciprocal": "h = 1e-5\nonce = 1 / (2 * h)\nreturn once * (f(x + h) - f(x - h))",
    "times h to the minus one": "h = 1e-5\nreturn (f(x + h) - f(x)) * h**-1",
    "a step that grows with x": "h = 1e-5 * max(1.0, abs(x))\nreturn (f(x + h) - f(x - h)) / (2 * h)",
    "a step from epsilon": "h = sys.float_info.epsilon ** (1 / 3)\nreturn (f(x + h) - f(x - h)) / (2 * h)",
    "points with names": "h = 1e-5\na, b = x - h, x + h\nreturn (f(b) - f(a)) / (b - a)",
    "points with literals": "a = x - 1e-5\nb = x + 1e-5\nreturn (f(b) - f(a)) / (b - a)",
    "in steps": "h = 1e-5\ntop = f(x + h) - f(x - h)\nbottom = 2 * h\nreturn top / bottom",
    "by assignment in place": "h = 1e-5\nt = f(x + h)\nt -= f(x - h)\nt /= 2 * h\nreturn t",
    "one name, again and again": "h = 1e-5\nt = f(x + h)\nt = t - f(x - h)\nt = t / (2 * h)\nreturn t",
    "through torch.sub and torch.div": "h = 1e-5\nreturn torch.div(torch.sub(f(x + h), f(x - h)), 2 * h)",
    "through methods": "h = 1e-5\nreturn f(x + h).sub(f(x - h)).div(2 * h)",
    "through operator": "h = 1e-5\nreturn operator.truediv(f(x + h) - f(x), h)",
    "with float around it": "h = 1e-5\nreturn float(f(x + h) - f(x - h)) / (2 * h)",
    "five points": "h = 1e-3\nreturn (-f(x + 2*h) + 8*f(x + h) - 8*f(x - h) + f(x - 2*h)) / (12 * h)",
    "three points to one side": "h = 1e-4\nreturn (-3 * f(x) + 4 * f(x + h) - f(x + 2 * h)) / (2 * h)",
    "Richardson": "h = 1e-3\nreturn (4 * (f(x + h/2) - f(x - h/2)) / h - (f(x + h) - f(x - h)) / (2 * h)) / 3",
    "inside a branch": "h = 1e-5\nif x > 0:\n    return (f(x + h) - f(x - h)) / (2 * h)\nreturn 0.0",
    "a step that depends on a branch": "if x > 1:\n    h = 1e-4\nelse:\n    h = 1e-6\nreturn (f(x + h) - f(x)) / h",
    "in a lambda": "g = lambda t, h=1e-5: (f(t + h) - f(t)) / h\nreturn g(x)",
    "in an inner function": "def g(h):\n    return (f(x + h) - f(x)) / h\nreturn g(1e-6)",
    "in a dict": "h = 1e-5\nreturn {'dw': (f(x, w + h) - f(x, w)) / h}",
    "a step of two terms": "h = 1e-6 * (1 + abs(x))\nhi, lo = f(x + h), f(x - h)\nreturn (hi - lo) / (2 * h)",
    "a step from finfo": "h = np.sqrt(np.finfo(float).eps)\nreturn (f(x + h) - f(x)) / h",
    "values in a list": "h = 1e-6\ny = [f(x - h), f(x + h)]\nreturn (y[1] - y[0]) / (2 * h)",
    "values in an array": "h = 1e-6\ny = f(np.array([x - h, x, x + h]))\nreturn (y[2] - y[0]) / (2 * h)",
    "one element moved": "h = 1e-6\nup = x.clone()\nup[0] += h\nreturn (f(up) - f(x)) / h",
    "one element moved there and back": "for i in range(3):\n    w[i] += 1e-6\n    up = f(w)\n    w[i] -= 2e-6\n"
    "    g[i] = (up - f(w)) / 2e-6\nreturn g",
    "carried through a loop": "lo, hi = x - 1e-6, x + 1e-6\nfor f in functions:\n    lo, hi = f(lo), f(hi)\n"
    "return (hi - lo) / 2e-6",
    "a default step": "def g(f, x, h=1e-6):\n    y = [f(x + h), f(x)]\n    return (y[0] - y[1]) / h\nreturn g(f, x)",
    "numpy's diff twice": "xs = np.array([x - 1e-5, x + 1e-5])\nreturn (np.diff(xs**2) / np.diff(xs))[0]",
    "complex step of one element": "z = x + 0j\nz[0] += 1e-20j\nreturn f(z).imag / 1e-20",
    "complex step": "h = 1e-20\nreturn f(x + 1j * h).imag / h",
    "complex step with literals": "return f(x + 1e-20j).imag / 1e-20",
    "complex step, scaled": "return f(x + 1e-20j).imag * 1e20",
    "complex()": "h = 1e-20\nreturn np.imag(f(complex(x, h))) / h",
}


@pytest.mark.parametrize("lines", DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_difference_or_a_complex_step_is_caught(lines: str) -> None:
    said = found(body(lines))
    assert said is not None
    assert said.startswith(("it is a difference quotient: ", "it is a complex step: "))


DIFFERENTIATORS = {
    "backward": "t = torch.tensor(x, requires_grad=True)\n(t**2).backward()\nreturn t.grad",
    "autograd.grad": "return torch.autograd.grad(y, t)[0]",
    "func.grad": "return torch.func.grad(f)(t)",
    "jacrev": "return torch.func.jacrev(f)(t)",
    "functional": "return torch.autograd.functional.jacobian(f, t)",
    "numpy's gradient": "return np.gradient(f(xs), xs)",
    "torch's gradient": "return torch.gradient(f(xs))",
    "an import inside": "from torch.func import grad\nreturn grad(f)(t)",
    "scipy": "import scipy.misc\nreturn scipy.misc.derivative(f, x)",
    "a symbol's diff": "import sympy\ns = sympy.Symbol('s')\nreturn (s**2).diff(s).subs(s, x)",
    "a node called": "return y.grad_fn(torch.ones(()))",
    "a node called by another name": "node = y.grad_fn.next_functions[0][0]\nreturn node(torch.ones(()))",
    "numpy's polyder": "return np.polyval(np.polyder([1, 0, 0]), x)",
    "a polynomial's deriv": "return np.polynomial.Polynomial([0, 0, 1]).deriv()(x)",
    "sympy's diff": "from sympy import diff\nreturn diff(f)(x)",
}


@pytest.mark.parametrize("lines", DIFFERENTIATORS.values(), ids=DIFFERENTIATORS)
def test_a_differentiator_is_caught_by_its_name(lines: str) -> None:
    assert found(body(lines)) is not None


def test_helpers_are_read_too() -> None:
    helper = "def slope(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) / (2 * h)\n"
    assert found(helper + "def d(x):\n    return slope(lambda t: t**2, x)\n")
    assert found(helper + "d = lambda x: slope(math.sin, x)\n")
    assert found(helper + "def d(x):\n    return 2 * x\n") is None


def test_a_decorator_is_read_too() -> None:
    assert found(
        """
        def differentiated(f):
            return lambda x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6

        @differentiated
        def d(x):
            return x**2
        """
    )


def test_a_class_is_read_too() -> None:
    assert found(
        """
        class Slope:
            def __call__(self, x, h=1e-5):
                return (x + h)**2 / h - x**2 / h if x < 0 else ((x + h)**2 - x**2) / h
        d = Slope()
        """
    )


def test_an_import_above_is_read_too() -> None:
    assert found("from torch.func import grad\ndef d(x):\n    return grad(torch.sin)(x)\n")
    assert found("from torch.autograd import Variable\ndef d(x):\n    return 2 * Variable(x)\n") is None


def test_a_global_step_counts_as_its_value() -> None:
    assert found("EPS = 1e-6\ndef d(x):\n    return (f(x + EPS) - f(x - EPS)) / 2e-6\n")


def test_a_definition_inside_an_if_is_found() -> None:
    assert found("if True:\n    def d(x):\n        return ((x + 1e-6)**2 - x**2) / 1e-6\n")


def test_the_last_definition_counts() -> None:
    wrong, right = body("return np.gradient(x)"), body("return 2 * x")
    assert found(wrong + right) is None
    assert found(right + wrong) is not None


def test_what_other_cells_do_is_not_held_against_an_answer() -> None:
    """The narrative differentiates into globals that share names with the answer's own parameters and locals."""
    source = """
        x = torch.tensor(3.0, requires_grad=True)
        (dz,) = torch.autograd.grad(torch.sin(x), x)
        dw = torch.func.grad(torch.sin)(x)

        def slope_at(f, x):
            return torch.autograd.grad(f(x), x)[0]

        def d(x, dw=0.0):
            dz = 2 * x
            slope_at = dz
            return {"dw": slope_at, "all": [dz for dz in (1.0, 2.0)]}
        """
    assert found(source) is None
    assert found(source, "slope_at") is not None


def test_the_students_own_backward_method_passes() -> None:
    assert (
        found(
            """
            class Square:
                def forward(self, x):
                    self.x = x
                    return x**2
                def backward(self, grad_out):
                    return grad_out * 2 * self.x

            def d(x):
                layer = Square()
                layer.forward(x)
                return layer.backward(1.0)
            """
        )
        is None
    )


def test_magics_do_not_hide_the_rest() -> None:
    assert found("%matplotlib inline\n!ls\n" + body("return np.gradient(x)"))


@pytest.mark.parametrize("grown", ["f(v{0} + v{0}) / (v{0} - v{0})", "v{0} + v{0}", "(v{0} + 1) * (v{0} - h) / v{0}"])
def test_names_that_double_again_and_again_are_not_spelled_out(grown: str) -> None:
    lines = ["v0 = x if x else 2.0", *(f"v{i + 1} = {grown.format(f'{i}')}" for i in range(60))]
    start = time.process_time()
    found(body("\n".join([*lines, "return v60"])))
    assert time.process_time() - start < 10  # spelled out, it would take longer than anyone lives


@pytest.mark.parametrize(
    "expression", ["(" * 150 + "x" + ")" * 150, "-" * 900 + "x", "x" + ".t()" * 900, "x" + " + x" * 900]
)
def test_a_deep_answer_is_read_without_an_error(expression: str) -> None:
    assert found(f"def d(x):\n    return {expression}\n") is None


@pytest.mark.parametrize("source", ["", "def d(x:", "\0", "d = 1", "(" * 300, "x = " + "1 + " * 3000 + "1"])
def test_what_cannot_be_read_shows_no_sign(source: str) -> None:
    assert found(source) is None


# --- what is done in other ways ------------------------------------------------------------------------------------

STENCILS = {
    "weights beside places": (
        "h = 1e-3\nreturn sum(w * f(x + k * h) for k, w in zip((-2, -1, 1, 2), (1, -8, 8, -1))) / (12 * h)"
    ),
    "pairs of weights and places": (
        "h = 1e-3\nreturn sum(w * f(x + k * h) for k, w in [(-2, 1), (-1, -8), (1, 8), (2, -1)]) / (12 * h)"
    ),
    "a dot product": "h = 1e-4\nreturn np.dot([-1, 1], [f(x - h), f(x + h)]) / (2 * h)",
    "a matrix product": (
        "h = 1e-3\nw = np.array([1, -8, 8, -1])\n"
        "return w @ np.array([f(x - 2 * h), f(x - h), f(x + h), f(x + 2 * h)]) / (12 * h)"
    ),
    "a sum of tensors": (
        "h = 0.01\nw = torch.tensor([1.0, -8.0, 8.0, -1.0])\nk = torch.tensor([-2.0, -1.0, 1.0, 2.0])\n"
        "return (w * f(x + k * h)).sum() / (12 * h)"
    ),
    "torch.complex": "h = 1e-20\nreturn f(torch.complex(x, torch.tensor(h))).imag / h",
    "torch.complex, filled": "h = 1e-2\nz = torch.complex(x, torch.full_like(x, h))\nreturn torch.imag(f(z)) / h",
    "torch.complex of ones": "h = 1e-2\nreturn f(torch.complex(x, h * torch.ones_like(x))).imag / h",
    "a step in a tensor": "h = 1e-20\nreturn f(x + 1j * torch.tensor(h)).imag / h",
}


@pytest.mark.parametrize("lines", STENCILS.values(), ids=STENCILS)
def test_a_weighted_sum_or_a_complex_tensor_is_caught(lines: str) -> None:
    assert found(body(lines)) is not None


HIDDEN = {
    "exec": 'names = {"x": x}\nexec("h = 1e-5\\ny = (f(x + h) - f(x - h)) / (2 * h)", names)\nreturn names["y"]',
    "eval": 'return eval("(f(x + 1e-5) - f(x - 1e-5)) / 2e-5")',
    "a compiled text": 'return eval(compile("((x + 1e-5)**2 - x**2) / 1e-5", "", "eval"))',
    "a text in two": 'return eval("((x + 1e-5)**2" + " - x**2) / 1e-5")',
    "getattr": 'return getattr(torch, "auto" + "grad").grad(y, t)[0]',
    "a turned name": 'return getattr(np, "tneidarg"[::-1])(f(xs), xs)',
    "vars": 'return vars(torch.func)["gr" + "ad"](f)(t)',
    "an import by name": 'return __import__("torch").autograd.grad(y, t)[0]',
    "importlib": 'return importlib.import_module("torch.func").grad(f)(t)',
    "a joined name": 'return getattr(torch.func, "".join(["g", "rad"]))(f)(t)',
}


@pytest.mark.parametrize("lines", HIDDEN.values(), ids=HIDDEN)
def test_what_hides_in_a_text_is_read(lines: str) -> None:
    assert found(body(lines)) is not None


BEFORE = {
    "a table filled in a loop": """
        table = {}
        for x in grid:
            leaf = torch.tensor(x, requires_grad=True)
            loss = leaf**2
            loss.backward()
            table[x] = leaf.grad.item()
        """,
    "a table of differences": """
        table = {}
        for x in grid:
            table[x] = ((x + 1e-5)**2 - (x - 1e-5)**2) / 2e-5
        """,
    "a list that is appended to": """
        table = []
        for x in grid:
            table.append(torch.autograd.grad(f(x), x)[0])
        """,
    "a table filled by a helper": """
        def slope(x):
            return torch.func.grad(torch.square)(torch.tensor(x)).item()
        table = {x: slope(x) for x in grid}
        """,
    "a function that fills it": """
        table = {}
        def prepare():
            for x in grid:
                table[x] = torch.func.grad(torch.square)(torch.tensor(x)).item()
        prepare()
        """,
    "a function that sets it": """
        table = None
        def prepare():
            global table
            table = np.gradient(np.square(grid), grid)
        prepare()
        """,
    "an attribute of an object": """
        class Box: pass
        table = Box()
        table.slope = torch.func.grad(torch.square)
        """,
    "setattr": """
        class Box: pass
        table = Box()
        setattr(table, "slope", torch.func.grad(torch.square))
        """,
    "a fitted polynomial": "table = np.poly1d(np.polyfit(grid, grid**2, 2)).deriv()",
    "a spline": "table = CubicSpline(grid, grid**2).derivative()",
    "a definition in a text": 'exec("table = torch.func.grad(torch.square)")',
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_work_that_was_done_before_is_read(before: str) -> None:
    source = textwrap.dedent(before) + "\ndef d(x):\n    return look_up(table, x)\n"
    assert found(source) is not None
    assert found(textwrap.dedent(before) + "\ndef d(x):\n    return 2 * x\n") is None, "only for who uses it"


def test_an_attribute_on_the_answer_itself_is_read() -> None:
    source = "def d(x):\n    return d.slope(x)\nd.slope = torch.func.grad(torch.square)\n"
    assert found(source) is not None


FAIR = {
    "weights that do not cancel": "return sum(w * x**k for k, w in zip((0, 1), (0, 2)))",
    "a Taylor series": "return sum((-1)**k * x**(2 * k + 1) / math.factorial(2 * k + 1) for k in range(12))",
    "a series with weights that cancel": "return 2 * sum(w * x**k for k, w in enumerate([0, 1, -1, 1, -1])) / 3",
    "weights that cancel, over a count": "return np.dot([1, -1], [x**2, y]) / n",
    "a product of sums": "return (a + b) * (a - b) / (a + c)",
    "a formula over c": "c = 0.5\nreturn (a * x - b * x) / c",
    "np.diff of edges": "edges = np.array([0.0, x, 2 * x])\nreturn np.diff(edges).sum()",
    "a loop over a batch": "out = []\nfor g, row in zip(grad, X):\n    out.append(g * row)\nreturn sum(out) / len(X)",
    "eval of a formula": 'return eval("2 * x")',
    "exec of a formula": 'names = {"x": x}\nexec("y = 2 * x", names)\nreturn names["y"]',
    "getattr of a function": 'return 2 * x * getattr(torch, "cos")(x**2)',
    "a lerp": "t = 0.01\nreturn (1 - t) * 2 * x + t * 2 * x",
    "complex exponentials": "z = torch.complex(torch.cos(x), torch.sin(x))\nreturn z.imag / z.real",
    "a small learning rate": "lr = 0.01\nreturn w - lr * (p - y)",
    "softplus by parts": "return (torch.log1p(torch.exp(z + 0.0)) - y * z) / z.numel()",
    "an exact shift": "return ((x + 1)**2 - x**2 - 1)",
    "a cosine by degrees": "return 2 * x * np.polyval([1 / 24, 0, -1 / 2, 0, 1], x)",
}


@pytest.mark.parametrize("lines", FAIR.values(), ids=FAIR)
def test_a_formula_that_only_looks_like_it_passes(lines: str) -> None:
    assert found(body(lines)) is None


def test_hand_written_dual_numbers_pass() -> None:
    assert (
        found(
            """
            class Dual:
                def __init__(self, value, slope=0.0):
                    self.value, self.slope = value, slope
                def __mul__(self, other):
                    return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

            def d(x):
                t = Dual(x, 1.0)
                return (t * t).slope
            """
        )
        is None
    )


def test_narrative_that_shares_names_with_globals_of_an_answer_is_not_held_against_it() -> None:
    source = """
        scale = 2.0
        seen = []
        x = torch.tensor(3.0, requires_grad=True)
        y = scale * x
        y.backward()
        print(x.grad)

        def slope_at(f, x):
            seen.append(x)
            return torch.autograd.grad(f(x), x)[0]

        def plot(points):
            for p in points:
                shown[p] = torch.autograd.grad(p, x)

        def d(x):
            seen.append(x)
            return scale * x
        """
    assert found(source) is None


def test_one_definition_that_is_too_deep_does_not_hide_the_others() -> None:
    deep = "def helper(x):\n    return " + "-" * 900 + "x\n"
    assert found(deep + "def d(x):\n    return helper(x) + np.gradient(x)\n") is not None


def test_a_source_that_is_too_large_is_not_read_and_takes_no_time() -> None:
    assert found("a = [" + "1," * 400_000 + "]\n" + body("return np.gradient(x)")) is None


def test_a_source_is_read_once() -> None:
    source = body("return 2 * x  # read once")
    evidence.cache_clear()
    for _ in range(3):
        evidence(source, "d")
    assert (evidence.cache_info().misses, evidence.cache_info().hits) == (1, 2)
