from remem.api import (
    Answers as Answers,
)
from remem.api import (
    Experiment as Experiment,
)
from remem.api import (
    GateFailed as GateFailed,
)
from remem.api import (
    Results as Results,
)
from remem.api import (
    UserError as UserError,
)
from remem.api import (
    ask as ask,
)
from remem.api import (
    assess as assess,
)
from remem.api import (
    build as build,
)
from remem.api import (
    load as load,
)
from remem.api import (
    load_plugins as load_plugins,
)
from remem.api import (
    open_model as open_model,
)
from remem.api import (
    read as read,
)
from remem.api import (
    score as score,
)

__version__: str
