"""A track as GPS devices write it: two points with a time, the last without."""

GPX = """<?xml version="1.0"?>
<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="x"><trk><trkseg>
<trkpt lat="45.2700" lon="13.7000"><ele>3</ele><time>2024-05-01T10:00:00Z</time></trkpt>
<trkpt lat="45.2764" lon="13.7208"><time>2024-05-01T10:05:00+02:00</time></trkpt>
<trkpt lat="45.2900" lon="13.7400"/>
</trkseg></trk></gpx>"""
