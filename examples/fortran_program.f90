! SPDX-License-Identifier: BSD-3-Clause
! A simulation in Fortran that owns its array and calls a trained operator in every step.
!
!     fortran_program model.safetensors 128
!
! The model is one of `simulation_loop --save`: from u(x) on a circle to the change of u in a step.

! What it uses of nop_c.h.
module nop
  use, intrinsic :: iso_c_binding
  implicit none
  integer(c_int), parameter :: nop_ok = 0, nop_float = 1, nop_double = 2

  interface
    type(c_ptr) function nop_load(path, precision) bind(c)
      import
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int), value :: precision
    end function
    subroutine nop_free(model) bind(c)
      import
      type(c_ptr), value :: model
    end subroutine
    integer(c_int) function nop_run_float(model, dimensions, grid, batch, input, input_count, &
                                          output, output_count) bind(c)
      import
      type(c_ptr), value :: model
      integer(c_size_t), value :: dimensions, batch, input_count, output_count
      integer(c_size_t), intent(in) :: grid(*)
      real(c_float), intent(in) :: input(*)
      real(c_float), intent(inout) :: output(*)
    end function
    type(c_ptr) function nop_last_error() bind(c)
      import
    end function
    integer(c_size_t) function strlen(text) bind(c)
      import
      type(c_ptr), value :: text
    end function
  end interface

contains

  !> Stops with the words of the last error.
  subroutine fail()
    character(kind=c_char), pointer :: text(:)
    type(c_ptr) :: error
    error = nop_last_error()
    call c_f_pointer(error, text, [strlen(error)])
    print '(*(a))', 'fortran_program: ', text
    stop 1
  end subroutine
end module

program simulation
  use nop
  implicit none
  character(len=1000) :: path, number
  real(c_float), allocatable :: u(:), change(:)
  type(c_ptr) :: model
  integer :: n, i, step

  if (command_argument_count() /= 2) stop 'usage: fortran_program MODEL.safetensors POINTS'
  call get_command_argument(1, path)
  call get_command_argument(2, number)
  read (number, *) n

  model = nop_load(trim(path) // c_null_char, nop_float)
  if (.not. c_associated(model)) call fail()

  allocate (u(n), change(n))
  u = [(real(sin(2 * 3.141592653589793d0 * i / n), c_float), i = 0, n - 1)]

  do step = 1, 10
    if (nop_run_float(model, 1_c_size_t, [int(n, c_size_t)], 1_c_size_t, u, size(u, kind=c_size_t), &
                      change, size(change, kind=c_size_t)) /= nop_ok) call fail()
    u = u + change
  end do
  print '(a, f6.4)', 'u(1/4) = ', u(n / 4 + 1)

  call nop_free(model)
end program
