"""The order of facts within one moment: what opens before what refers to it, what ends after what happened before."""

SETTING, TERRITORY, PRODUCT, MEMBER, TARGET = 0, 1, 2, 3, 4
ACCOUNT, PERSON, RELATION = 5, 6, 7
OPPORTUNITY, THING, QUALIFICATION, MOVE, STANDS, VISIT, DEALING, LEAVING = 8, 9, 10, 11, 12, 13, 14, 15
