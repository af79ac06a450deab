"""Import every module of the package, over a stub where torch is missing.

Run by an interpreter of another environment; prints one line.
"""

import importlib
import pkgutil
import sys
import types
from importlib.util import find_spec


class _Value:
    """Takes any arguments; calculates, decorates and is subclassed without doing anything."""

    def __init__(self, *args: object, **options: object) -> None:
        pass

    def __class_getitem__(cls, item: object) -> type:
        return cls

    def __call__(self, *args: object, **options: object) -> object:
        return args[0] if args else self

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Value()

    def __getitem__(self, index: object) -> object:
        return self

    def __iter__(self) -> object:
        return iter(())

    def __float__(self) -> float:
        return 0.0

    def _same(self, *others: object) -> object:
        return self

    __add__ = __sub__ = __mul__ = __truediv__ = __matmul__ = __pow__ = __neg__ = __or__ = _same
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = _same


class _Stub(types.ModuleType):
    """A module with any name in it, each a class."""

    __path__ = ()

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (_Value,), {})
        setattr(self, name, made)
        return made


class _Finder:
    """Finds any module below `torch`."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name.split(".")[0] == "torch":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: object) -> types.ModuleType:
        return _Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


is_stub = find_spec("torch") is None
if is_stub:
    sys.meta_path.append(_Finder())

import splat_widgets  # noqa: E402

EXTRAS = ("training", "service", "app")  # rooms that need an extra of the package
count, refused = 0, []
names = pkgutil.walk_packages(splat_widgets.__path__, "splat_widgets.", onerror=refused.append)
for found in names:
    if found.name.split(".")[1] in EXTRAS or found.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(found.name)
        count += 1
    except Exception as error:
        refused.append(f"{found.name} ({type(error).__name__}: {error})")
words = f"{count} modules import{' over a stub of torch' if is_stub else ''}"
print(words + (f", not {', '.join(refused)}" if refused else ""))
