#include "tests/grade/wrong/defect.h"

const enum defect defect = DEFECT;
