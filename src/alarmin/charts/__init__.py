"""Charts: tables of results in, Altair charts out."""

from alarmin.charts.calendar import calendar_chart
from alarmin.charts.cascade import cascade_chart
from alarmin.charts.forest import forest_chart
from alarmin.charts.kaplan_meier import kaplan_meier_chart
from alarmin.charts.prediction import prediction_chart
from alarmin.charts.response import spider_chart, waterfall_chart
from alarmin.charts.roc import roc_chart
from alarmin.charts.subgroups import subgroup_chart

__all__ = [
    "calendar_chart",
    "cascade_chart",
    "forest_chart",
    "kaplan_meier_chart",
    "prediction_chart",
    "roc_chart",
    "spider_chart",
    "subgroup_chart",
    "waterfall_chart",
]
