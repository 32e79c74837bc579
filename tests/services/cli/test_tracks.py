"""Tracks are read from GPX and CSV; an error names the file and the place in it."""

import pytest

from geodata.points import Point
from services.cli.output import CommandError
from services.cli.tracks import read_track
from tests.support.tracks import GPX


def test_a_gpx_file_is_read_in_its_order(tmp_path):
    file = tmp_path / "track.gpx"
    file.write_text(GPX)
    track = read_track(file)
    assert [Point(45.27, 13.7), Point(45.2764, 13.7208), Point(45.29, 13.74)] == [
        each.point for each in track
    ]
    assert ["2024-05-01T10:00:00+00:00", "2024-05-01T10:05:00+02:00", None] == [
        each.time and each.time.isoformat() for each in track
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empty.gpx", "<gpx/>"),
        ("broken.gpx", "<gpx><trk>"),
        ("nowhere.gpx", '<gpx><trkpt lat="91" lon="0"/></gpx>'),
        ("unplaced.gpx", '<gpx><trkpt lat="1"/></gpx>'),
        ("nan.csv", "lat,lon\nnan,0\n"),
        ("other.csv", "name,price\nx,1\n"),
        ("half.csv", "lat,lon\n45\n"),
        ("bomb.gpx", '<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "&a;">]><gpx>&a;</gpx>'),
    ],
)
def test_a_file_without_a_track_is_an_error_that_names_the_file(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(CommandError, match=name):
        read_track(file)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("far.csv", "# my walk\nlat,lon\n60,24\n\n91,24\n", "line 5: latitude"),
        ("long.csv", f"lat,lon\n60,24\n60,{'9' * 140_000}\n", "line 3: field larger"),
        ("far.gpx", '<gpx><trkpt lat="1" lon="1"/><trkpt lat="1" lon="x"/></gpx>', "point 2: "),
    ],
)
def test_an_error_in_a_track_names_its_place(tmp_path, name, text, where):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(CommandError, match=where):
        read_track(file)


TWO = """<gpx xmlns="http://www.topografix.com/GPX/1/1">
<trk><name>out</name><trkseg><trkpt lat="60" lon="24"/></trkseg>
<trkseg><trkpt lat="60.1" lon="24"/></trkseg></trk>
<trk><name>back</name><trkseg><trkpt lat="61" lon="25"/></trkseg></trk></gpx>"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("two.gpx", TWO),
        ("two.csv", "track,lat,lon\nout,60,24\nout,60.1,24\nback,61,25\n"),
        ("mixed.csv", "track,lat,lon\nout,60,24\nback,61,25\nout,60.1,24\n"),
    ],
)
def test_several_tracks_are_not_played_as_one(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(CommandError) as caught:
        read_track(file)
    assert "has 2 tracks; say one by --track: out (2 positions), back (1 positions)" in str(
        caught.value
    )
    assert [Point(60, 24), Point(60.1, 24)] == [each.point for each in read_track(file, "out")]
    assert [Point(61, 25)] == [each.point for each in read_track(file, "2")]
    with pytest.raises(CommandError, match="say one by --track"):
        read_track(file, "none")
