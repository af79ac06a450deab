"""Many items at once: each is a folder of photos that becomes a `.ply` and a `.splatscene`.

items.py      finds the items of a place
work.py       does one item; its record is written last, so that it counts only when whole
parts.py      the records, and the Parquet manifest made of them
local.py      worker processes of this machine
on_ray.py     a pool of actors on a Ray cluster
running.py    the command: what is left to do, progress, the end
"""
