/* The card of the lab, apart from it: the lab is also used with cards that others make. */
#include "../uicc_card.c"
#include "../uicc_package.c"
