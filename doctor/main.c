/*
 * doctor: is this laptop, and is this cluster, ready for the lab? One line a check, and under what is not well the command that mends it.
 */
#include "doctor/run.h"

int main(int argc, char **argv)
{
    return doctor_run(argc, argv, stdout, stderr);
}
