"""The towns that Corner's suppliers know: the shop's own small map, looked up by name or by the name's beginning."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

FOUND = 10  # places that a search shows
# Name, latitude and longitude in degrees.
_TOWNS = """
Amsterdam 52.37 4.90|Antwerp 51.22 4.40|Athens 37.98 23.73|Auckland -36.85 174.76|Barcelona 41.39 2.17|Basel 47.56 7.59|Belgrade 44.79 20.45
Bergen 60.39 5.32|Berlin 52.52 13.40|Bilbao 43.26 -2.93|Bologna 44.49 11.34|Bratislava 48.15 17.11|Bremen 53.08 8.80|Brno 49.20 16.61
Brussels 50.85 4.35|Bucharest 44.43 26.10|Budapest 47.50 19.04|Christchurch -43.53 172.64|Cologne 50.94 6.96|Copenhagen 55.68 12.57
Dresden 51.05 13.74|Dublin 53.35 -6.26|Edinburgh 55.95 -3.19|Florence 43.77 11.26|Geneva 46.20 6.14|Ghent 51.05 3.72|Glasgow 55.86 -4.25
Gothenburg 57.71 11.97|Graz 47.07 15.44|Hamburg 53.55 9.99|Helsinki 60.17 24.94|Innsbruck 47.27 11.39|Krakow 50.06 19.94|Leeds 53.80 -1.55
Leipzig 51.34 12.37|Lille 50.63 3.06|Linz 48.31 14.29|Lisbon 38.72 -9.14|Ljubljana 46.06 14.51|London 51.51 -0.13|Lyon 45.76 4.84
Madrid 40.42 -3.70|Marseille 43.30 5.37|Milan 45.46 9.19|Munich 48.14 11.58|Naples 40.85 14.27|Nice 43.70 7.27|Oslo 59.91 10.75
Paris 48.86 2.35|Porto 41.15 -8.61|Poznan 52.41 16.93|Prague 50.08 14.44|Riga 56.95 24.11|Rome 41.90 12.50|Rotterdam 51.92 4.48
Salzburg 47.80 13.04|Seville 37.39 -5.98|Sofia 42.70 23.32|Stockholm 59.33 18.07|Tallinn 59.44 24.75|Turin 45.07 7.69|Utrecht 52.09 5.12
Valencia 39.47 -0.38|Vienna 48.21 16.37|Vilnius 54.69 25.28|Warsaw 52.23 21.01|Wellington -41.29 174.78|Zagreb 45.81 15.98|Zurich 47.38 8.54
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A town: its name, latitude and longitude in degrees."""

    name: str
    lat: float
    lon: float

    def as_json(self) -> dict[str, object]:
        """The API's form."""
        return {"name": self.name, "lat": self.lat, "lon": self.lon}


def _read(text: str) -> tuple[Place, ...]:
    rows = [row.rsplit(" ", 2) for row in text.strip().replace("\n", "|").split("|")]
    return tuple(sorted((Place(name, float(lat), float(lon)) for name, lat, lon in rows), key=lambda place: place.name.lower()))


PLACES = _read(_TOWNS)
_NAMES = [place.name.lower() for place in PLACES]


def look_up(text: str) -> list[Place]:
    """The places whose name begins like that, in order of the alphabet; none for an empty text."""
    wanted = text.strip().lower()
    first = bisect_left(_NAMES, wanted)
    near = PLACES[first : first + FOUND] if wanted else ()
    return [place for place in near if place.name.lower().startswith(wanted)]
