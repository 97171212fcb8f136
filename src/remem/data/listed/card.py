"""The card of a data set of listed people: it says whose data it is, and names nobody."""

from collections.abc import Mapping

from remem.data.card import front, rows_table, settings_table


def text(
    settings: Mapping[str, object],
    sizes: Mapping[str, tuple[int, int]],
    kinds: Mapping[str, str],
    counts: tuple[int, int, int],
    strangers: tuple[int, bool],
) -> str:
    """README.md: YAML for `datasets.load_dataset`, then prose. `sizes` are (rows, bytes) by split, `counts`
    people, facts and facts to be forgotten, `strangers` how many, and whether they are shown."""
    people, facts, lost = counts
    told = ", ".join(sorted(set(kinds.values())))
    return f"""{front("Listed people", "other", sizes)}

Questions about {people} people of a list, {facts} facts, {lost} of them to be forgotten. **If they exist,
these are personal data**: keep the folder where the list is kept, and do not publish it. `remem push` and
`remem export` do not know whose data it is.

{rows_table(sizes)}

`finetune` is what is taught. `forget1` are the rows of it that ask for what is to be forgotten, `retain` a
sample of those of people who stay. `test` asks for the same facts in other words, and with other pictures
where a person has several. `1-hop` questions name the person; `multi-hop` questions only show them.

Beside the table: `people.json` (id, name and facts; `person` is how the list calls them), `candidates.json`
(everybody's values, then invented ones of the same kind, here: {told}), `rows.parquet`, `pictures.parquet`,
`paraphrases.parquet` (answers in other words, with invented values), `build.json`{_strangers(*strangers)}.

Invented e-mail addresses end in domains that nobody owns, invented telephone numbers lie in the range kept
for fiction. Where the people's own addresses and numbers look otherwise, a value can be told by its look:
membership and exposure are to be read beside the same numbers of a model that never saw the people.

{settings_table(dict(settings))}
"""


def _strangers(count: int, shown: bool) -> str:
    if not count:
        return ""
    how = "some of them with photographs" if shown else "in text alone"
    return f",\n`strangers.parquet` ({count} people who do not exist and are never taught, {how})"
